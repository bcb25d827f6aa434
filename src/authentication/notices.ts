/**
 * Tells people by mail what changed about how they sign in, so that whoever did not do it learns of it. Only at an address
 * that was verified; whether it was told is on record, since a thief's first wish is that it is not.
 */
import type { AuditEvent, Recorder } from '../audit/event.ts';
import type { Credential } from '../domain/credential.ts';
import type { MessageKind, Messenger } from '../domain/message.ts';
import type { User } from '../domain/user.ts';
import { type Notice, noticesOf } from './worth-telling.ts';

export type NoticeKind = Exclude<MessageKind, 'email-code' | 'mailed-link' | 'registration-link' | 'test'>;

export interface Where {
  readonly address?: string;
  readonly agent?: string;
  readonly application?: string;
  readonly languages?: readonly string[];
}

/** What a notice says, as MessageKind has it (domain/message.ts); what is not known is left out of the mail. */
export interface NoticeData {
  readonly method?: string;
  readonly label?: string;
  /** Where it was done. `languages`: those of whoever did it, who is the person, or pretends to be. */
  readonly place?: Where;
  /** Recovery codes that are left. */
  readonly left?: number;
  readonly on?: boolean;
  /** An administrator's name. */
  readonly by?: string;
  /** An administrator did it, and need not be named. */
  readonly administrator?: true;
  /** Milliseconds since the epoch. */
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly oneTime?: boolean;
  readonly firstFactor?: boolean;
}

export interface Notices {
  /** Returns at once and never throws: nobody's answer waits for a mail server. */
  tell(user: User, kind: NoticeKind, data: NoticeData): void;
}

export interface NoticesParts {
  /** Undefined where no mail is sent: then nobody is told. */
  readonly messenger: Messenger | undefined;
  readonly recorder: Recorder;
  readonly people: { byId(id: string): Promise<User | undefined> };
  readonly credentials: { of(user: string): Promise<readonly Pick<Credential, 'id' | 'label'>[]> };
  /** The browser of the request that goes on. */
  readonly browser: () => Pick<Where, 'agent' | 'languages'>;
  readonly now: () => number;
  readonly onFault: (error: unknown) => void;
}

export class MailedNotices implements Notices {
  readonly #parts: NoticesParts;
  readonly #going = new Set<Promise<void>>();

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  tell(user: User, kind: NoticeKind, data: NoticeData): void {
    this.#go((messenger) => this.#tell(messenger, user, kind, data));
  }

  /** Records, and tells whoever it is about what is worth telling: a change of which there is a record is never silent. */
  recording(recorder: Recorder): Recorder {
    return {
      record: async (event) => {
        const notices = noticesOf(event, this.#parts.browser());
        await recorder.record(event);
        if (notices.length > 0) this.#go((messenger) => this.#tellOf(messenger, event, notices));
      },
    };
  }

  /** Resolves when everything that was to be told is told, or is known not to be. */
  async settled(): Promise<void> {
    await Promise.all(this.#going);
  }

  #go(act: (messenger: Messenger) => Promise<void>): void {
    const { messenger, onFault } = this.#parts;
    if (!messenger) return;
    const going = act(messenger).catch(onFault);
    this.#going.add(going);
    void going.finally(() => this.#going.delete(going));
  }

  async #tellOf(
    messenger: Messenger,
    { user: id = '', detail }: AuditEvent,
    notices: readonly Notice[],
  ): Promise<void> {
    const { people, credentials } = this.#parts;
    const user = await people.byId(id);
    if (!user) return;
    const own = await credentials.of(id);
    const label = own.find((one) => one.id === detail?.credential)?.label;
    for (const { kind, data } of notices)
      await this.#tell(messenger, user, kind, { ...data, ...(label ? { label } : {}) });
  }

  async #tell(messenger: Messenger, user: User, kind: NoticeKind, data: NoticeData): Promise<void> {
    const to = user.emailVerified ? user.email : undefined;
    // What is known of them is theirs; a browser's languages may be the thief's.
    const { locale } = user.claims;
    const languages = [...(typeof locale === 'string' ? [locale] : []), ...(data.place?.languages ?? [])];
    const came =
      to === undefined ? 'no verified address' : await messenger.send({ kind, to, languages, data: { ...data } });
    const type = came === 'sent' ? 'notice.sent' : 'notice.unsent';
    const detail = { kind, ...(came === 'sent' ? {} : { why: came }) };
    await this.#parts.recorder.record({ type, at: this.#parts.now(), user: user.id, detail });
  }
}
