import type { ServerResponse } from 'node:http';
import type { Shown } from './deciding.ts';

/** The pages of the device flow, rendered by whoever knows the views. */
export interface DevicePages {
  /** The field for the code, filled in with `code`; `wrong` when one was not accepted. */
  enter(res: ServerResponse, page: { csrf: string; code: string; wrong: boolean }): void;
  /** What the device wants, to approve or deny; `unsure` when it was approved without the tick that the codes are the same. */
  decide(res: ServerResponse, page: Shown & { action: string; csrf: string; unsure: boolean }): void;
  done(res: ServerResponse, page: { approved: boolean }): void;
}
