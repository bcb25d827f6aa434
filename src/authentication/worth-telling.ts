/** Which events of the record a person is told of, and what of them. Pure. */
import type { AuditEvent } from '../audit/event.ts';
import type { NoticeData, NoticeKind, Where } from './notices.ts';

export interface Notice {
  readonly kind: NoticeKind;
  readonly data: NoticeData;
}

type Detail = Readonly<Record<string, unknown>>;

/** The label of what is gone is known to the record alone. */
const named = ({ method, label }: Detail): NoticeData => ({
  ...(typeof method === 'string' ? { method } : {}),
  ...(typeof label === 'string' ? { label } : {}),
});
const about = (kind: NoticeKind) => (detail: Detail) => [{ kind, data: named(detail) }];
const replaced = (detail: Detail) => about(detail.method === 'password' ? 'password-changed' : 'method-added')(detail);

const told: Partial<Record<AuditEvent['type'], (detail: Detail) => readonly Notice[]>> = {
  'credential.added': about('method-added'),
  'credential.replaced': replaced,
  'credential.removed': about('method-removed'),
  'credential.lost': about('method-lost'),
  'two-step.changed': ({ on }) => [{ kind: 'two-step-changed', data: { on: on === true } }],
  'registration-link.used': ({ methods }) =>
    (Array.isArray(methods) ? methods : []).flatMap((method) => replaced({ method })),
};

/** Where it was done is told when the person did it, or whoever was taken for them: an administrator's desk is not. */
export function noticesOf({ type, user, address, detail = {} }: AuditEvent, browser: Where): readonly Notice[] {
  const notices = (user !== undefined && told[type]?.(detail)) || [];
  const by = detail.by as { kind?: string; id?: string } | string | undefined;
  const own = typeof by !== 'object' || (by.kind === 'user' && by.id === user);
  const where = own ? { place: { ...browser, ...(address ? { address } : {}) } } : { administrator: true as const };
  return notices.map(({ kind, data }) => ({ kind, data: { ...data, ...where } }));
}
