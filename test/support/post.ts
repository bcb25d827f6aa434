/** Messages written to people, for tests that read them. */
import type { Post } from '../../src/domain/by-mail.ts';
import type { Message } from '../../src/domain/message.ts';
import type { Trouble } from '../../src/domain/method.ts';

type Written = Pick<Message, 'kind' | 'to' | 'data'>;

/** Keeps what it is given; `trouble` is what it says next. */
export class KeptPost implements Post {
  readonly written: Written[] = [];
  trouble: Trouble | undefined;

  async send(_subject: unknown, message: Written): Promise<Trouble | undefined> {
    this.written.push(message);
    return this.trouble;
  }

  get last(): Written {
    return this.written.at(-1) as Written;
  }
}
