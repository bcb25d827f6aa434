import type { Adapter, AdapterFactory } from 'oidc-provider';
import type { Clients } from './clients.ts';

/** The library's storage, by its name of what is stored. A name that is not here belongs to a feature that is off. */
export function adapterOf(shelves: Readonly<Record<string, Partial<Adapter>>>): AdapterFactory {
  return (name) => {
    const off = async (): Promise<never> => {
      throw new Error(`${name} is not stored here`);
    };
    return {
      find: off,
      upsert: off,
      consume: off,
      destroy: off,
      revokeByGrantId: off,
      findByUid: off,
      findByUserCode: off,
      ...bound(shelves[name] ?? {}),
    };
  };
}

export const clientShelf = (clients: Clients): Partial<Adapter> => ({ find: (id) => clients.find(id) });

/** Shelves may be classes; the library takes functions off the object. */
function bound(shelf: Partial<Adapter>): Partial<Adapter> {
  const verbs = ['find', 'upsert', 'consume', 'destroy', 'revokeByGrantId', 'findByUid'] as const;
  return Object.fromEntries(
    verbs.flatMap((verb) => (shelf[verb] ? [[verb, (shelf[verb] as () => unknown).bind(shelf)]] : [])),
  );
}
