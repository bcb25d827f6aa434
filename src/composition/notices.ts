/** Who is told of changes, and how. A part of the composition root. */
import type { Logger } from 'pino';
import type { Recorder } from '../audit/event.ts';
import { MailedNotices } from '../authentication/notices.ts';
import type { Messenger } from '../domain/message.ts';
import type { Credentials } from '../store/credentials.ts';
import type { Users } from '../store/users.ts';
import { currentBrowser } from './request.ts';

export interface Telling {
  readonly messenger: Messenger | undefined;
  readonly users: Pick<Users, 'byId'>;
  readonly credentials: Pick<Credentials, 'of'>;
  readonly log: Pick<Logger, 'error'>;
  readonly now: () => number;
}

/** `recorder` records as the one given does, and people are told of what it says of them. */
export function openNotices(recorder: Recorder, { messenger, users, credentials, log, now }: Telling) {
  const notices = new MailedNotices({
    ...{ messenger, recorder, credentials, now, people: users, browser: currentBrowser },
    onFault: (error) => log.error({ err: error }, 'a notice was lost'),
  });
  return { notices, recorder: notices.recording(recorder) };
}
