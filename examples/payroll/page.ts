/** What the page shows of a session: who, how far up, and what the step changed. Pure. */
import type { Answer } from './answer.ts';
import type { Session } from './sessions.ts';

interface Cell {
  readonly texts: readonly string[];
  readonly note?: string;
  readonly changed: boolean;
}

interface Row {
  readonly name: string;
  readonly means: string;
  readonly before?: Cell | undefined;
  readonly now: Cell;
}

const methods = 'http://schemas.microsoft.com/claims/authnmethodsreferences';

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' });
const instant = (milliseconds: number) => {
  const date = new Date(milliseconds);
  return { iso: date.toISOString(), clock: clock.format(date), full: `${day.format(date)}, ${clock.format(date)} UTC` };
};

/** Attributes go by addresses and numbers; the last part of an address is what people call it. */
const short = (name: string) => (name.startsWith('http') ? (name.split('/').at(-1) as string) : name);

/** What the table says, in its order: a name, what it means, and how to read it. */
function readings(answers: readonly Answer[]) {
  const all = new Set([methods, ...answers.flatMap(({ attributes }) => Object.keys(attributes))]);
  return [
    { name: 'AuthnContextClassRef', means: 'What you proved', of: ({ context }: Answer) => [context] },
    { name: 'AuthnInstant', means: 'When you proved it', of: ({ provedAt }: Answer) => [instant(provedAt).iso] },
    { name: 'NameID', means: 'Who you are to Payroll', of: ({ name }: Answer) => [name.nameID] },
    {
      name: 'SessionIndex',
      means: 'Which session it is',
      of: ({ sessionIndex }: Answer) => [sessionIndex ?? 'absent'],
    },
    ...Array.from(all, (name) => ({
      name: short(name),
      means: name === methods ? 'How you proved it' : 'An attribute',
      of: ({ attributes }: Answer) => attributes[name] ?? ['absent'],
    })),
  ];
}

function rows(now: Answer, before: Answer | undefined): Row[] {
  return readings(before ? [before, now] : [now]).map(({ name, means, of }) => {
    const changed = before !== undefined && of(before).join('\n') !== of(now).join('\n');
    const same = before && !changed ? { note: 'the same' } : {};
    return {
      name,
      means,
      before: before && { texts: of(before), changed: false },
      now: { texts: of(now), changed, ...same },
    };
  });
}

/** Everything the template of a signed-in page needs. `mfa` is the context that changes bank accounts. */
export function signedIn(session: Session & { now: NonNullable<Session['now']> }, mfa: string) {
  const { now, before } = session;
  const second = now.context === mfa;
  return {
    name: personName(now),
    notice: session.notice,
    second,
    treads: [
      { name: 'First proof', at: instant((before ?? now).provedAt) },
      { name: 'Second proof', at: second ? instant(now.provedAt) : undefined },
    ],
    rows: rows(now, before),
    compared: before !== undefined,
    asked: indented(now.asked),
    assertion: indented(now.xml),
    changedAt: session.changedAt === undefined ? undefined : instant(session.changedAt),
  };
}

/** Names people have, by the names attributes have: urn:oid:2.16.840.1.113730.3.1.241 is displayName. */
const names = ['displayName', 'name', 'urn:oid:2.16.840.1.113730.3.1.241'];
const personName = ({ attributes, name }: Answer): string =>
  names.map((one) => attributes[one]?.[0]).find(Boolean) ?? name.nameID;

/** One element a line. For people only: what was signed has no line ends. */
export function indented(xml: string): string {
  let depth = 0;
  const lines = xml.replace(/></g, '>\n<').split('\n');
  return lines
    .map((line) => {
      if (line.startsWith('</')) depth -= 1;
      const text = `${'  '.repeat(Math.max(depth, 0))}${line}`;
      if (/^<[^/?!]/.test(line) && !line.endsWith('/>') && !/<\/[^>]+>$/.test(line)) depth += 1;
      return text;
    })
    .join('\n');
}

/** An answer that was a no: what is so, what it does not mean, and the way on. Codes are those of SAML, in a Status element. */
export function refusal(status: string): { title: string; text: string; detail: string } {
  const codes = Array.from(status.matchAll(/Value="[^"]*:(\w+)"/g), ([, code]) => code as string);
  const message = /<(?:\w+:)?StatusMessage[^>]*>([^<]*)</.exec(status)?.[1];
  const said = refusals[codes.at(-1) ?? ''] ?? {
    title: 'Stile did not sign you in',
    text: 'Nothing was changed. You can try again; if it happens once more, show the detail below to your administrator.',
  };
  return { ...said, detail: [codes.join(': '), message].filter(Boolean).join('\n') };
}

const refusals: Readonly<Record<string, { title: string; text: string }>> = {
  RequestDenied: {
    title: 'The sign-in was stopped',
    text: 'Nothing was changed, and nothing is wrong with your account. You can sign in again whenever you like.',
  },
  AuthnFailed: {
    title: 'The sign-in was stopped',
    text: 'Nothing was changed, and nothing is wrong with your account. You can sign in again whenever you like.',
  },
  NoAuthnContext: {
    title: 'This needs a second proof',
    text: 'Nothing is wrong with your account. What you confirmed was not enough for this; set up an authenticator app in your account, then try again.',
  },
};
