import { type DestinationStream, type Logger, pino } from 'pino';

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

/** An error's own `code`: ECONNREFUSED and its like, or a SQLSTATE. Nothing anybody proves himself with looks so. */
const errno = /^([A-Z][A-Z_]{2,40}|[0-9A-Z]{5})$/;

/**
 * Logs as JSON on standard error: standard output is for what a person who starts us reads. `request` names the request
 * a line belongs to.
 */
export function logger(
  level: string,
  to: DestinationStream = pino.destination({ fd: 2, sync: true }),
  request: () => string | undefined = () => undefined,
): Logger {
  const paths = secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  // Of the path only its last part is a text for certain: the first may be a symbol of pino's.
  const censor = (value: unknown, path: readonly PropertyKey[]) =>
    path.at(-1) === 'code' && typeof value === 'string' && errno.test(value) ? value : '[redacted]';
  const mixin = () => {
    const id = request();
    return id === undefined ? {} : { request: id };
  };
  return pino({ level, redact: { paths, censor }, base: { name: 'stile' }, mixin }, to);
}
