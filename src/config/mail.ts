/** The mail server, and what is sent by it. */
import * as z from 'zod';
import { type Mailbox, mailboxOf } from '../domain/mailbox.ts';
import type { Contents } from './files.ts';
import { type Problem, problem } from './problems.ts';
import { duration, loopback, section, text, whole } from './words.ts';

const mailbox = () =>
  text(320).transform((value, context): Mailbox => {
    const found = mailboxOf(value);
    if (found) return found;
    context.addIssue({
      code: 'custom',
      message: 'has to be an address, or a name and an address like Stile <stile@example.com>',
    });
    return z.NEVER;
  });

/** smtp: and smtps: are no web addresses, and URL says so of few of their parts. */
const server = (value: string): URL | undefined => {
  const url = /^smtps?:\/\/[^\s/?#]+\/?$/u.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  return url?.hostname ? url : undefined;
};

export const mailSchema = section({
  url: z.string().refine(
    (value) => server(value) !== undefined,
    // It may hold a password, and is not repeated.
    'has to be a URL like smtp://user@mail.example.com:587, or smtps://mail.example.com for TLS from the first byte',
  ),
  password: text().optional(),
  password_file: text().optional(),
  from: mailbox(),
  reply_to: mailbox().optional(),
  starttls: z.enum(['required', 'off']).optional(),
  ca_file: text().optional(),
  language: z
    .string()
    .refine((value) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/u.test(value), 'has to be a language like en or pt-BR')
    .default('en'),
  daily: whole(1, 10_000).default(50),
  timeout: duration(1, 120).default(10),
});

export type MailFile = z.output<typeof mailSchema>;

export interface ConfiguredMail {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly ca: string | undefined;
  readonly login: { readonly user: string; readonly password: string } | undefined;
  readonly from: Mailbox;
  readonly replyTo: Mailbox | undefined;
  /** BCP 47. */
  readonly language: string;
  /** Most messages of a sort to one mailbox in a day. */
  readonly daily: number;
  /** Milliseconds. */
  readonly timeout: number;
}

export function mailOf(file: MailFile | undefined, contents: Contents, brand: string): ConfiguredMail | undefined {
  if (!file) return undefined;
  const url = server(file.url) as URL;
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password) || (file.password ?? contents.get('mail.password_file'));
  const open = file.starttls === undefined ? loopback(url) : file.starttls === 'off';
  const { from, reply_to: replyTo, language, daily } = file;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/u, '$1'),
    port: Number(url.port || (secure ? 465 : 587)),
    tls: secure ? 'implicit' : open ? 'none' : 'starttls',
    ca: contents.get('mail.ca_file'),
    login: user && password !== undefined ? { user, password } : undefined,
    from: { name: brand, ...from },
    ...{ replyTo, language, daily, timeout: file.timeout * 1000 },
  };
}

type Group = Readonly<Record<string, unknown>>;

/** What is wrong between its keys. */
export function mailProblems(mail: unknown): Problem[] {
  if (typeof mail !== 'object' || mail === null) return [];
  const { url: written, starttls, ca_file: ca, ...keys } = mail as Group;
  const url = typeof written === 'string' ? server(written) : undefined;
  if (!url) return [];
  const found: Problem[] = [];
  const given = ['password', 'password_file'].filter((key) => keys[key] !== undefined);
  if (url.password !== '' && given[0])
    found.push(problem(['mail', given[0]], 'stands beside a password in the url: keep one'));
  else if (given[1]) found.push(problem(['mail', given[1]], `stands beside ${given[0]}: keep one`));
  if (url.username === '' && (given[0] || url.password !== ''))
    found.push(problem(['mail', 'url'], 'names no user for the password, as in smtp://user@mail.example.com'));
  if (url.username !== '' && !given[0] && url.password === '')
    found.push(problem(['mail', 'url'], 'names a user, and there is no password: say password or password_file'));
  if (url.protocol === 'smtps:' && starttls !== undefined)
    found.push(problem(['mail', 'starttls'], 'is for smtp://: smtps:// is TLS from the first byte'));
  const bare = url.protocol === 'smtp:' && (starttls === 'off' || (starttls === undefined && loopback(url)));
  if (ca !== undefined && bare)
    found.push(problem(['mail', 'ca_file'], 'is of no use without TLS: say starttls: required, or smtps://'));
  return found;
}
