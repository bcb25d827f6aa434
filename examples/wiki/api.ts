/**
 * Notes (examples/notes) as Wiki calls it: with an access token, and with an ear for what is missing (RFC 9470). An API says
 * what it needs; whoever calls it brings the person back with that.
 */
import type { Wish } from './provider.ts';

/** Writes a note; else what has to be asked of Stile before the next try. Throws when asking would not help. */
export async function writeNote(api: string, token: string | undefined, text: string): Promise<Wish | undefined> {
  const resource = { resource: api, scope: 'openid notes:read notes:write' };
  if (!token) return resource;
  const answer = await fetch(`${api}/notes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
    redirect: 'error',
  });
  if (answer.ok) return undefined;
  const said = new Map(
    [...(answer.headers.get('www-authenticate') ?? '').matchAll(/([a-z_]+)="([^"]*)"/g)].map((found) => [
      found[1],
      found[2] as string,
    ]),
  );
  const error = said.get('error');
  // Ten minutes old, say: the next one is got without a page.
  if (error === 'invalid_token') return resource;
  if (error !== 'insufficient_user_authentication') throw new Error(`Notes answered ${answer.status} ${error ?? ''}`);
  const [acrValues, maxAge] = [said.get('acr_values'), said.get('max_age')];
  return {
    ...resource,
    ...(acrValues === undefined ? {} : { acrValues }),
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
  };
}
