import type { User } from '../domain/user.ts';
import type { IdentityStore } from './store.ts';

/** What the local store asks of the repository of users. */
export interface People {
  byName(store: string, name: string): Promise<User | undefined>;
  byId(id: string): Promise<User | undefined>;
}

/** Longer names are nobody's: not worth a question to the database. */
const longest = 256;

/** The people in our own database, under the store's id. */
export function createLocalStore(people: People, id = 'local'): IdentityStore {
  return {
    id,
    async find(name) {
      const wanted = name.trim().normalize('NFC');
      return wanted && wanted.length <= longest ? people.byName(id, wanted) : undefined;
    },
    async byId(user) {
      const found = await people.byId(user);
      return found?.store === id ? found : undefined;
    },
  };
}
