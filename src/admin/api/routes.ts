/** The API on the main port: who asks is found by their access token, never by a cookie, so no page can ask for them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IRouter } from 'express';
import type { Access, Accessed } from '../../domain/access.ts';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { Actor } from '../actor.ts';
import { refusedEarly, requestOf, send } from './http.ts';
import { openapi } from './openapi.ts';
import { Patience } from './patience.ts';
import { Problem } from './problem.ts';
import { type ApiAnswer, type Dispatch, prefix } from './request.ts';

export interface Rest {
  readonly dispatch: Dispatch;
  readonly issuer: string;
  readonly version: string;
  /** By the access token of the request and what it is bound to. */
  access(req: IncomingMessage, res: ServerResponse): Promise<Accessed>;
  rolesOf(user: User): Promise<readonly Role[]>;
  roleOfApplication(id: string): Role | undefined;
  strong(acr: string | undefined): boolean;
  address(req: IncomingMessage): string;
  onFault(error: unknown): void;
  readonly now: () => number;
}

/** Mounts `/admin/api`. */
export function apiRoutes(app: IRouter, rest: Rest): void {
  const patience = new Patience(rest.now);
  const document = JSON.stringify(openapi(rest));
  app.all(/^\/admin\/api(\/|$)/, (req, res) => {
    answer(req, res)
      .catch((error) => {
        if (!(error instanceof Problem)) rest.onFault(error);
        return refusedEarly(error instanceof Problem ? error : new Problem('fault'));
      })
      .then((made) => send(res, made))
      .catch((error) => {
        rest.onFault(error);
        res.destroy();
      });
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<ApiAnswer> {
    if (req.method === 'GET' && req.url?.split('?')[0] === `${prefix}/openapi.json`)
      return {
        status: 200,
        headers: { 'content-type': 'application/json', 'cache-control': 'max-age=300' },
        body: document,
      };
    const address = rest.address(req);
    wait(`from ${address}`);
    const accessed = await rest.access(req, res);
    if ('refused' in accessed) {
      patience.refused(`from ${address}`);
      const { status, description, headers } = accessed.refused;
      return refusedEarly(new Problem(status === 403 ? 'not-allowed' : 'unauthenticated', description, { headers }));
    }
    const by = await actorOf(accessed.access, address);
    const who = `${by.kind} ${by.id}`;
    wait(who);
    const made = await rest.dispatch(await requestOf(req), by);
    if (made.status >= 400 && made.status < 500) patience.refused(who);
    return made;
  }

  function wait(who: string): void {
    const seconds = patience.spent(who);
    if (seconds !== undefined)
      throw new Problem('slow-down', undefined, { headers: { 'retry-after': String(seconds) } });
  }

  async function actorOf({ user, client, acr, amr, authTime, insufficient }: Access, address: string): Promise<Actor> {
    if (!user) {
      const role = rest.roleOfApplication(client);
      return { kind: 'client', id: client, roles: role ? [role] : [], address };
    }
    return {
      ...{ kind: 'user', id: user.id, client, address, roles: await rest.rolesOf(user) },
      proved: {
        ...(acr === undefined ? {} : { acr }),
        ...(amr === undefined ? {} : { amr }),
        ...(authTime === undefined ? {} : { authTime }),
        strong: rest.strong(acr),
      },
      challenge: (how) => insufficient(how).headers,
    };
  }
}
