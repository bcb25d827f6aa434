/** What may stand as an id_token_hint (OIDC Core section 3.1.2.1, RP-Initiated Logout section 2): an ID token. */
import type { Client, Provider } from 'oidc-provider';

type Validated = { readonly header: Readonly<Record<string, unknown>> };

/**
 * The library asks for our signature and the client's name, which other kinds of JWT bear as well, logout tokens above all:
 * those have a `typ` (RFC 8725 section 3.11). Userinfo as a JWT has none, and says no more and no less of whom it is about.
 */
export function onlyIdTokens(provider: Provider): void {
  const model = provider.IdToken as unknown as { validate(jwt: string, client: Client): Promise<Validated> };
  const validate = model.validate;
  if (typeof validate !== 'function') throw new Error('the library has changed');
  model.validate = async (jwt, client) => {
    const found = await validate.call(model, jwt, client);
    if (found.header.typ !== undefined) throw new Error('this is no ID token');
    return found;
  };
}
