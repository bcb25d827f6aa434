import type { Application } from '../domain/application.ts';

/** The account pages as an application of their own, so that policies and records can name them. */
export const accountApplication: Application = {
  id: 'stile:account',
  name: 'Your account',
  protocol: 'account',
  thirdParty: false,
  settings: {},
  disabled: false,
};
