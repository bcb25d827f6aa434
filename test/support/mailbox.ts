/**
 * A real SMTP server inside the test, for whatever is told to write to it. `next(to)` waits for the next mail to somebody,
 * one that has come already included, each only once: no test has to wait by the clock.
 */
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerSession } from 'smtp-server';

export interface Mail extends Email {
  /** Envelope recipients. */
  readonly recipients: readonly string[];
  readonly raw: string;
  /** Of the connection it came by. */
  readonly secure: boolean;
  readonly user: string | undefined;
  /** The code in it, without its gap. */
  readonly code: string | undefined;
  /** The first address in its text. */
  readonly link: string | undefined;
}

/** `refuses` the recipient (550), is `busy` after the letter (451), or stays `silent` for ever. */
export type Mood = 'takes' | 'refuses' | 'busy' | 'silent';

export interface MailboxOptions {
  /** PEM. With it the server is TLS from the first byte (`smtps`) or offers STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly implicit?: boolean };
  /** Whoever does not sign in is refused. */
  readonly auth?: { readonly user: string; readonly password: string };
}

export interface TestMailbox {
  /** For `mail: {url}`; without a user. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Everything taken so far, oldest first. */
  readonly mails: readonly Mail[];
  mood: Mood;
  /** The next mail to this address, about this if it is given, that nobody asked for yet. */
  next(to: string, subject?: string): Promise<Mail>;
  stop(): Promise<void>;
}

export async function openMailbox({ tls, auth }: MailboxOptions = {}): Promise<TestMailbox> {
  const mails: Mail[] = [];
  const unread: Mail[] = [];
  const waiting: { to: string; subject: string | undefined; take(mail: Mail): void }[] = [];
  const answers = (mail: Mail, to: string, subject: string | undefined) =>
    mail.recipients.includes(to) && (subject === undefined || mail.subject === subject);
  const reject = (code: number, words: string) => Object.assign(new Error(words), { responseCode: code });
  const server = new SMTPServer({
    ...(tls ? { key: tls.key, cert: tls.cert, secure: tls.implicit ?? false } : {}),
    disabledCommands: [...(tls && !tls.implicit ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
    authOptional: !auth,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth({ username, password }: SMTPServerAuthentication, _session: SMTPServerSession, answer) {
      if (username === auth?.user && password === auth?.password) answer(null, { user: username });
      else answer(reject(535, '5.7.8 That is not the password'));
    },
    onRcptTo({ address }, _session, answer) {
      if (mailbox.mood === 'refuses') answer(reject(550, `5.1.1 <${address}> is nobody here`));
      else answer();
    },
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        if (mailbox.mood === 'silent') return;
        if (mailbox.mood === 'busy') return answer(reject(451, '4.3.0 Try again later'));
        const raw = Buffer.concat(chunks);
        const mail = await read(raw, session);
        mails.push(mail);
        const at = waiting.findIndex(({ to, subject }) => answers(mail, to, subject));
        if (at < 0) unread.push(mail);
        else waiting.splice(at, 1)[0]?.take(mail);
        answer();
      });
    },
  });
  // A client that does not like our certificate ends the connection; that is its affair.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const mailbox: TestMailbox = {
    url: `${tls?.implicit ? 'smtps' : 'smtp'}://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    mails,
    mood: 'takes',
    next(to, subject) {
      const at = unread.findIndex((mail) => answers(mail, to, subject));
      const [come] = at < 0 ? [] : unread.splice(at, 1);
      return come ? Promise.resolve(come) : new Promise((take) => waiting.push({ to, subject, take }));
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mailbox;
}

async function read(raw: Buffer, session: SMTPServerSession): Promise<Mail> {
  const email = await PostalMime.parse(raw);
  const text = email.text ?? '';
  return {
    ...email,
    recipients: session.envelope.rcptTo.map(({ address }) => address),
    raw: raw.toString('utf8'),
    secure: session.secure,
    user: session.user as string | undefined,
    code: /^\s+(\d{3,4} ?\d{3,4})\s*$/m.exec(text)?.[1]?.replace(' ', ''),
    link: /https?:\/\/\S+/.exec(text)?.[0],
  };
}
