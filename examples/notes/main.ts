/** Notes on its own: `npm start` in this folder (README.md). */
import express from 'express';
import { notes } from './notes.ts';

const { ISSUER = 'http://localhost:3000', PORT = '4100' } = process.env;
const resource = process.env.RESOURCE ?? `http://localhost:${PORT}`;
express()
  .disable('x-powered-by')
  .use(notes({ issuer: ISSUER, resource }))
  .listen(Number(PORT), () => console.log(`Notes is at ${resource}/notes`));
