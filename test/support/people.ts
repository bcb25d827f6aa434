import type { User } from '../../src/domain/user.ts';

/** Ana Silva, the person most tests are about. */
export const ana: User = {
  id: 'u1',
  store: 'local',
  username: 'ana',
  name: 'Ana Silva',
  emailVerified: false,
  groups: [],
  claims: {},
  twoStep: false,
  disabled: false,
};
