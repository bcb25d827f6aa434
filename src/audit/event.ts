/** What is put on record. No secret, code or token ever stands in `detail`. */
export interface AuditEvent {
  /** Closed list, dotted. */
  readonly type:
    | 'sign-in'
    | 'sign-in.refused'
    | 'proof.accepted'
    | 'proof.refused'
    | 'proof.locked'
    | 'session.started'
    | 'session.ended'
    | 'credential.added'
    | 'credential.removed'
    | 'credential.replaced'
    | 'credential.renamed'
    | 'credential.lost'
    | 'credential.unlocked'
    | 'two-step.changed'
    | 'preferred.changed'
    | 'enrolment.reopened'
    | 'consent.given'
    | 'consent.withdrawn'
    | 'token.reused'
    | 'token.repeated'
    | 'keys.rotated'
    | 'secrets.resealed'
    | 'configuration.applied'
    | 'registration.allowed'
    | 'application.registered'
    | 'audit.trimmed'
    | 'device.started'
    | 'device.approved'
    | 'device.denied'
    | 'backup.made'
    | 'backup.restored'
    | 'user.created'
    | 'user.changed'
    | 'user.disabled'
    | 'user.enabled'
    | 'user.deleted'
    | 'registration-link.made'
    | 'registration-link.used'
    | 'access-pass.issued'
    | 'access-pass.withdrawn'
    | 'access-pass.used'
    | 'application.created'
    | 'application.changed'
    | 'application.disabled'
    | 'application.enabled'
    | 'application.deleted'
    | 'application.secret-rotated'
    | 'role.granted'
    | 'role.revoked'
    | 'sessions.ended'
    | 'mail.tested'
    | 'notice.sent'
    | 'notice.unsent'
    | 'fault';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly user?: string;
  readonly application?: string;
  readonly sid?: string;
  /** The walk it happened in. */
  readonly walk?: string;
  readonly address?: string;
  /** Eight characters a person can read aloud; finds this event. */
  readonly reference?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Resolves when the event is committed; many waiting events share one commit. */
export interface Recorder {
  record(event: AuditEvent): Promise<void>;
}
