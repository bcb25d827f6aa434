/** What the page shows of a session: who, how far up, and what the step changed. Pure. */
import type { IDToken } from 'openid-client';
import type { Session } from './sessions.ts';

interface Cell {
  readonly text: string;
  readonly note?: string;
  readonly changed: boolean;
}

const claims = {
  amr: 'How you proved it',
  acr: 'What that amounts to',
  auth_time: 'When you proved it',
  sub: 'Who you are to Wiki',
};

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' });
const instant = (seconds: number) => {
  const date = new Date(seconds * 1000);
  return { iso: date.toISOString(), clock: clock.format(date), full: `${day.format(date)}, ${clock.format(date)} UTC` };
};

function cell(name: keyof typeof claims, of: IDToken, before: IDToken | undefined): Cell {
  const text = JSON.stringify(of[name]) ?? 'absent';
  const changed = before !== undefined && JSON.stringify(before[name]) !== JSON.stringify(of[name]);
  if (name === 'auth_time' && of.auth_time !== undefined) return { text, note: instant(of.auth_time).full, changed };
  if (before && !changed) return { text, note: 'the same', changed };
  return { text, changed };
}

/** Everything the template of a signed-in page needs. `mfa` is the acr that approves payments. */
export function signedIn(session: Session & { now: NonNullable<Session['now']> }, mfa: string) {
  const { now, before } = session;
  const second = now.claims.acr === mfa || (Array.isArray(now.claims.amr) && now.claims.amr.includes('mfa'));
  const first = before ?? now;
  return {
    name: now.person.name ?? now.person.preferred_username ?? now.claims.sub,
    notice: session.notice,
    second,
    treads: [
      { name: 'First proof', at: instant(first.claims.auth_time ?? first.claims.iat) },
      { name: 'Second proof', at: second ? instant(now.claims.auth_time ?? now.claims.iat) : undefined },
    ],
    rows: (Object.keys(claims) as (keyof typeof claims)[]).map((name) => ({
      name,
      means: claims[name],
      before: before && cell(name, before.claims, undefined),
      now: cell(name, now.claims, before?.claims),
    })),
    compared: before !== undefined,
    asked: JSON.stringify(now.asked, null, 2),
    idToken: JSON.stringify(now.claims, null, 2),
    person: JSON.stringify(now.person, null, 2),
    approvedAt: session.approvedAt === undefined ? undefined : instant(session.approvedAt / 1000),
  };
}

/** An answer that was a no: what is so, what it does not mean, and the way on. Codes are those of OAuth and OpenID Connect. */
export function refusal(code: string): { title: string; text: string } {
  return (
    refusals[code] ?? {
      title: 'Stile did not sign you in',
      text: 'Nothing was changed. You can try again; if it happens once more, show the detail below to your administrator.',
    }
  );
}

const refusals: Record<string, { title: string; text: string }> = {
  access_denied: {
    title: 'The sign-in was stopped',
    text: 'Nothing was changed, and nothing is wrong with your account. You can sign in again whenever you like.',
  },
  unmet_authentication_requirements: {
    title: 'This needs a second proof',
    text: 'Nothing is wrong with your account. What you confirmed was not enough for this; set up an authenticator app in your account, then try again.',
  },
  temporarily_unavailable: {
    title: 'Stile cannot answer now',
    text: 'Nothing was changed. Wait a minute, then try again.',
  },
};
