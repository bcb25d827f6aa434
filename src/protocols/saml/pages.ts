import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PublishedKey } from './keys/keys.ts';

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
  /** On the way out: who was told, who is still to be, and on by itself after `seconds`. */
  leaving(req: IncomingMessage, res: ServerResponse, page: LeavingPage): void;
  /** Signed out with us, and nobody to answer. */
  signedOut(req: IncomingMessage, res: ServerResponse): void;
  /** Everything a service provider's administrator copies. */
  connect(req: IncomingMessage, res: ServerResponse, page: ConnectPage): void;
}

export interface LeavingPage {
  /** Where it goes on. */
  readonly to: string;
  readonly seconds?: number;
  /** Nobody is left to be told. */
  readonly finished: boolean;
  readonly applications: readonly { readonly name: string; readonly state: 'waiting' | 'done' | 'failed' | 'mute' }[];
  /** The name of the service provider that asked for it, and is answered at the end. */
  readonly asking?: string;
}

export interface ConnectPage {
  readonly entityId: string;
  /** Addresses. */
  readonly metadata: string;
  readonly signOn: string;
  readonly logout: string;
  /** With `pem` the certificate as text, and `href` the address it is downloaded from. */
  readonly keys: readonly (PublishedKey & { readonly pem: string; readonly href: string })[];
  /** NameID formats, and the context classes that can be met here. */
  readonly formats: readonly string[];
  readonly contexts: readonly string[];
}
