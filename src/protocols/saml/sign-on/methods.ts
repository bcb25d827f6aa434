/** The claim Microsoft's platform reads: by which methods, and whether they were several factors. Pure. */
import type { Assurance } from '../../../authentication/assurance.ts';
import type { Evidence, MethodClassName } from '../../../domain/evidence.ts';
import { microsoft, nameFormat } from '../names.ts';
import type { Attribute } from './release.ts';

/** Those it has a name for. */
const names: Readonly<Partial<Record<MethodClassName, string>>> = {
  password: 'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password',
  totp: 'http://schemas.microsoft.com/ws/2012/12/authmethod/otp',
};

/** `authnmethodsreferences`: every method the evidence shows, and `multipleauthn` when together they are two factors. */
export function methodReferences(
  evidence: readonly Evidence[],
  assurance: Pick<Assurance, 'basis' | 'mfa'>,
): Attribute[] {
  const several = assurance.basis(evidence, assurance.mfa) ? [microsoft.multipleAuthn] : [];
  const values = [...new Set(evidence.flatMap((piece) => names[piece.class] ?? [])), ...several];
  return values.length > 0 ? [{ name: microsoft.methods, nameFormat: nameFormat.uri, values }] : [];
}
