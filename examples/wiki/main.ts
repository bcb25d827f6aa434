/** Wiki on its own: `npm start` in this folder (README.md). */
import express from 'express';
import { wiki } from './wiki.ts';

const { ISSUER = 'http://localhost:3000', CLIENT_ID = 'wiki', CLIENT_SECRET, PORT = '4000', STYLESHEET } = process.env;
if (!CLIENT_SECRET) {
  console.error('Set CLIENT_SECRET to the client_secret Stile has for Wiki.');
  process.exit(1);
}
const baseUrl = process.env.BASE_URL ?? `http://localhost:${PORT}`;
const pages = wiki({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  baseUrl,
  stylesheet: `${baseUrl}/style.css`,
});
const app = express().disable('x-powered-by');
if (STYLESHEET) app.use('/style.css', express.static(STYLESHEET));
app.use(pages).listen(Number(PORT), () => console.log(`Wiki is at ${baseUrl}/`));
