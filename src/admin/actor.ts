import type { Role } from '../domain/role.ts';

/** Whoever asks for an operation, as its door found out; put on record with every change. */
export interface Actor {
  /** A person with a token, an application with one of its own, or the operating system's user on this machine. */
  readonly kind: 'user' | 'client' | 'local';
  /** The person's or application's id, or the name of the operating system's user. */
  readonly id: string;
  readonly roles: readonly Role[];
  /** How a person proved who they are. */
  readonly proved?: {
    readonly acr?: string;
    readonly amr?: readonly string[];
    /** Seconds since the epoch. */
    readonly authTime?: number;
    /** What `acr` says is at least two factors. */
    readonly strong: boolean;
  };
  /** The application a person's token was issued to. */
  readonly client?: string;
  readonly address?: string;
  /** How the answer asks for a stronger or fresher sign-in (RFC 9470 section 3), in the token's own scheme. */
  challenge?(how: {
    readonly acrValues?: readonly string[];
    readonly maxAge?: number;
  }): Readonly<Record<string, string>>;
}

/** Who it was, in what is kept about a change: of a person, an application and a user of the machine one name is three. */
export const nameOf = ({ kind, id }: Pick<Actor, 'kind' | 'id'>): string => `${kind}:${id}`;

/** The same operating system user acts as owner: who may read DATA_DIR could do all of it by hand. */
export const localActor = (name: string): Actor => ({ kind: 'local', id: name, roles: ['owner'] });
