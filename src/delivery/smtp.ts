/** A mail server by SMTP (RFC 5321), over connections that are kept. */
import { createTransport } from 'nodemailer';
import type { Mailbox } from '../domain/mailbox.ts';
import { type Carrier, Undelivered } from './carrier.ts';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** From the first byte; by STARTTLS, or not at all (RFC 3207); none even where the server offers it. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** PEM: whose certificates are believed beside those the machine knows. */
  readonly ca: string | undefined;
  readonly login: { readonly user: string; readonly password: string } | undefined;
  readonly from: Mailbox;
  readonly replyTo: Mailbox | undefined;
  /** Milliseconds; each step of a conversation takes less. */
  readonly timeout: number;
}

/** Nobody answers these letters: neither does a machine that says its owner is away (RFC 3834 section 5). */
const headers = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

export function smtp({ host, port, tls, ca, login, from, replyTo, timeout }: MailServer): Carrier {
  const transport = createTransport({
    pool: true,
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    ...(login ? { auth: { user: login.user, pass: login.password } } : {}),
    ...{ connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout, dnsTimeout: timeout },
    maxRequeues: 1,
    // A letter is text that we wrote; nothing in it is ever a file or an address to be fetched.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return {
    async carry({ to, subject, text, html, language }, signal) {
      try {
        const { response } = await transport.sendMail({
          // Said apart, so that no header is ever read to find out who gets it.
          envelope: { from: from.address, to: [to] },
          from: written(from),
          to: written({ address: to }),
          ...(replyTo ? { replyTo: written(replyTo) } : {}),
          ...{ subject, text, html, signal },
          headers: { ...headers, 'Content-Language': language },
        });
        return response;
      } catch (error) {
        throw undelivered(error as Error & { code?: string; response?: string; responseCode?: number });
      }
    },
    close: () => transport.close({ force: true }),
  };
}

const written = ({ name = '', address }: Mailbox) => ({ name, address });

const undelivered = ({
  code = 'EUNKNOWN',
  message,
  response,
  responseCode,
}: Error & { code?: string; response?: string; responseCode?: number }): Undelivered =>
  new Undelivered(response ?? message, code, responseCode);
