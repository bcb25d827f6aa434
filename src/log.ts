import { type Logger, pino } from 'pino';

/** Fields that may hold a secret, wherever a careless line puts them. */
const secret = [
  'password',
  'secret',
  'client_secret',
  'code',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'cookie',
  'authorization',
];

/** Logs as JSON on standard error: standard output is for what a person who starts us reads. */
export function logger(level: string): Logger {
  const paths = secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  // An error's own `code` is ECONNREFUSED and its like.
  const censor = (value: unknown, path: string[]) => (path.join('.') === 'err.code' ? value : '[redacted]');
  return pino({ level, redact: { paths, censor }, base: { name: 'stile' } }, pino.destination({ fd: 2, sync: true }));
}
