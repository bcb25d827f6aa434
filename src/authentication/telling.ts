/** What follows the use of a method that is worth a word: to the record, and to the person. */
import type { Verification } from '../domain/method.ts';
import type { User } from '../domain/user.ts';
import type { Browser } from './authentication.ts';
import type { Notices } from './notices.ts';
import type { SignIn } from './signins.ts';
import type { Trail } from './trail.ts';

interface Used {
  readonly browser: Browser;
  readonly signIn: SignIn;
  readonly user: User | undefined;
}

export async function afterUse(
  { trail, notices }: { readonly trail: Trail; readonly notices?: Notices | undefined },
  { browser, signIn, user }: Used,
  { records, tells }: Pick<Verification & { kind: 'proved' }, 'records' | 'tells'>,
): Promise<void> {
  if (!user) return;
  if (records) await trail.leave(browser, records.type, signIn, { user: user.id, detail: records.detail });
  if (tells) {
    const { agent = '', address = '', ask } = signIn;
    notices?.tell(user, tells.kind, { ...tells.data, place: { agent, address, languages: ask.languages ?? [] } });
  }
}
