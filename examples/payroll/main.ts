/** Payroll on its own: `npm start` in this folder (README.md). */
import { readFileSync } from 'node:fs';
import express from 'express';
import { payroll } from './payroll.ts';

const { ISSUER = 'http://localhost:3000', PORT = '4001', KEY = 'key.pem', CERT = 'cert.pem', STYLESHEET } = process.env;
const baseUrl = process.env.BASE_URL ?? `http://localhost:${PORT}`;
const pages = payroll({
  issuer: ISSUER,
  privateKey: readFileSync(KEY, 'utf8'),
  certificate: readFileSync(CERT, 'utf8'),
  baseUrl,
  stylesheet: `${baseUrl}/style.css`,
});
const app = express().disable('x-powered-by');
if (STYLESHEET) app.use('/style.css', express.static(STYLESHEET));
app
  .use(pages)
  .listen(Number(PORT), () => console.log(`Payroll is at ${baseUrl}/, its metadata at ${baseUrl}/metadata`));
