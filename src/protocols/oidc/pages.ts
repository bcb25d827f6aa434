import type { IncomingMessage, ServerResponse } from 'node:http';

/** The pages this room needs, rendered by whoever knows the views. Each resolves to complete HTML. */
export interface Pages {
  /** "Do you want to sign out?" A form to `action` with the hidden `fields`; the button for yes is `logout=yes`. */
  signOut(
    req: IncomingMessage,
    res: ServerResponse,
    page: { application?: string; action: string; fields: Readonly<Record<string, string>> },
  ): Promise<string>;
  signedOut(req: IncomingMessage, res: ServerResponse, page: { application?: string }): Promise<string>;
  /** `error` is an OAuth error code, `description` the library's English sentence for developers. */
  error(
    req: IncomingMessage,
    res: ServerResponse,
    page: { status: number; error: string; description?: string; application?: string },
  ): Promise<string>;
}
