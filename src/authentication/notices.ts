/**
 * Tells people by mail what changed about how they sign in, so that whoever did not do it learns of it. Only at an address
 * that was verified; whether it was told is on record, since a thief's first wish is that it is not.
 */
import type { Recorder } from '../audit/event.ts';
import type { MessageKind, Messenger } from '../domain/message.ts';
import type { User } from '../domain/user.ts';

export type NoticeKind = Exclude<MessageKind, 'email-code' | 'mailed-link' | 'registration-link' | 'test'>;

/** What a notice says, as MessageKind has it (domain/message.ts); what is not known is left out of the mail. */
export interface NoticeData {
  readonly method?: string;
  readonly label?: string;
  /** Where it was done. `languages`: those of whoever did it, who is the person, or pretends to be. */
  readonly place?: {
    readonly address?: string;
    readonly agent?: string;
    readonly application?: string;
    readonly languages?: readonly string[];
  };
  /** Recovery codes that are left. */
  readonly left?: number;
  readonly on?: boolean;
  /** An administrator, by the name the record has. */
  readonly by?: string;
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
    const { messenger, onFault } = this.#parts;
    if (!messenger) return;
    const going = this.#tell(messenger, user, kind, data).catch(onFault);
    this.#going.add(going);
    void going.finally(() => this.#going.delete(going));
  }

  /** Resolves when everything that was to be told is told, or is known not to be. */
  async settled(): Promise<void> {
    await Promise.all(this.#going);
  }

  async #tell(messenger: Messenger, user: User, kind: NoticeKind, data: NoticeData): Promise<void> {
    const to = user.emailVerified ? user.email : undefined;
    // What they once said of themselves is theirs; a browser's languages may be the thief's.
    const { locale } = user.claims;
    const languages = [...(typeof locale === 'string' ? [locale] : []), ...(data.place?.languages ?? [])];
    const came =
      to === undefined ? 'no verified address' : await messenger.send({ kind, to, languages, data: { ...data } });
    const type = came === 'sent' ? 'notice.sent' : 'notice.unsent';
    const detail = { kind, ...(came === 'sent' ? {} : { why: came }) };
    await this.#parts.recorder.record({ type, at: this.#parts.now(), user: user.id, detail });
  }
}
