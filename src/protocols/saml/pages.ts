import type { IncomingMessage, ServerResponse } from 'node:http';

/** The pages this room needs, rendered and sent by whoever knows the views. */
export interface Pages {
  /** A form that takes a message to the service provider: sends itself where scripts run, shows a button where not. */
  post(
    req: IncomingMessage,
    res: ServerResponse,
    page: {
      /** The service provider's name. */
      readonly application: string;
      readonly action: string;
      readonly fields: Readonly<Record<string, string>>;
      /** What it is about: going back after signing in, or leaving. */
      readonly about: 'back' | 'leaving';
    },
  ): void;
}
