/** The administration's addresses on the main port: the API and registration links. A part of the composition root. */
import type { Router } from 'express';
import { apiRoutes, type Rest } from '../admin/api/routes.ts';
import { type RegistrationPages, registrationRoutes } from '../admin/registration/routes.ts';
import type { Password } from '../methods/password/password.ts';
import type { Catalogue } from '../store/catalogue.ts';
import type { Tokens } from '../store/tokens.ts';

export interface AdministrationPages
  extends Omit<Rest, 'roleOfApplication'>,
    Omit<RegistrationPages, 'judge' | 'endTokens'> {
  readonly catalogue: Pick<Catalogue, 'byId'>;
  readonly password: Pick<Password, 'choose'>;
  readonly tokens: Pick<Tokens, 'destroyByUser'>;
}

export function mountAdministration(app: Router, { catalogue, password, tokens, ...parts }: AdministrationPages): void {
  apiRoutes(app, { ...parts, roleOfApplication: (id) => catalogue.byId(id)?.role });
  registrationRoutes(app, {
    ...parts,
    judge: (user, text) => password.choose(user, text),
    endTokens: (user) => tokens.destroyByUser(user),
  });
}
