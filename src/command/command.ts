/**
 * The command line. Owns how commands are spelled, explained, completed and answered on a terminal: one table (table.ts)
 * of which help, completion and parsing are made. What a command does is an operation of the administration, asked
 * through the `Terminal`, or an act that only this machine can do, which the composition root hands in. It must not know
 * a database, a socket or the configuration.
 */

/** One word after the command, or the value of an option. */
export interface Taken {
  /** As the operation or the act names it: `email_verified`. */
  readonly field: string;
  readonly about: string;
  /** flag: no value. switch: --x and --no-x. list: may be given several times. json: any value in JSON. */
  readonly kind: 'text' | 'number' | 'flag' | 'switch' | 'list' | 'json' | 'file';
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** An empty text stands for nothing at all. */
  readonly empty?: boolean;
}

/** What people read of an answer, line by line. */
type Reading = (answer: Answer, asked: Given) => string;
export type Answer = Readonly<Record<string, unknown>>;
export type Given = Readonly<Record<string, unknown>>;

interface Spelled {
  /** `['user', 'show']` */
  readonly words: readonly string[];
  /** A question for a terminal; without one, --yes has to be said. */
  readonly sure?: string;
  readonly says?: Reading;
}

/** Asks the administration. Its options are what the operation takes (fields.ts). */
export interface Remote extends Spelled {
  /** An id of admin/operations/table.ts. */
  readonly operation: string;
  /** The fields that are words of their own, in order. */
  readonly takes?: readonly string[];
  /** What is asked unless something else is typed. */
  readonly fixed?: Given;
  /** Instead of the operation's summary. */
  readonly about?: string;
  /** By the end of a problem's type, in place of its own words. */
  readonly not?: Readonly<Record<string, Reading>>;
}

/** Is done here. */
export interface Local extends Spelled {
  readonly act: string;
  readonly about: string;
  readonly takes?: readonly Taken[];
  readonly options?: readonly Taken[];
}

export type Command = Remote | Local;

/** 0 done, 1 refused, 2 not understood, 3 nobody answered, 4 there is something to do. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

/** What an act came to; `answer` is what --json prints. */
export interface Acted {
  readonly answer: Answer;
  readonly code: ExitCode;
  /** For people; on standard error with `code` 1 and 3. Absent: nothing is said, because it said it itself. */
  readonly said?: string;
}

export type Act = (given: Given, terminal: Terminal) => Promise<Acted>;

export interface Terminal {
  readonly version: string;
  /** Where things are looked up, for whoever finds nothing. */
  place(): string;
  out(text: string): void;
  complain(text: string): void;
  /** Standard error is a terminal: progress may be shown. */
  readonly shows: boolean;
  /** Writes over the last line of standard error. */
  over(text: string): void;
  /** The answer to a question; undefined where nobody can be asked. */
  ask(question: string): Promise<string | undefined>;
  /** What stands in a file, or on standard input for `-`. */
  read(path: string): Promise<string>;
  /** Asks by an operation's id. Throws when nobody answers. */
  perform(operation: string, input: Given): Promise<Performed>;
  readonly acts: Readonly<Record<string, Act>>;
}

export interface Performed {
  readonly status: number;
  /** The media type. */
  readonly type: string;
  readonly body: string | AsyncIterable<string>;
}

/** What was typed is not a command; the message says what would be. */
export class Misunderstood extends Error {
  /** The words that were understood, for the help beside it. */
  readonly words: readonly string[];
  constructor(message: string, words: readonly string[] = []) {
    super(message);
    this.words = words;
  }
}
