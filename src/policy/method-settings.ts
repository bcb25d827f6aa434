/** What an identity store and groups say of methods, put together for one person: the narrowest wins. Pure. */
import type { MethodClassName } from '../domain/evidence.ts';
import type { Method } from '../domain/method.ts';
import type { MethodSetting } from '../domain/method-setting.ts';
import type { User } from '../domain/user.ts';

/** By method; what is not said leaves things as they are. */
export type MethodSettings = Readonly<
  Record<string, { readonly state?: MethodSetting['state'] | undefined; readonly stands_in?: boolean | undefined }>
>;

export interface ScopedSettings {
  /** By id of the store. */
  readonly stores: ReadonlyMap<string, MethodSettings>;
  /** By name of the group. */
  readonly groups: ReadonlyMap<string, MethodSettings>;
}

/** As the file lists them. */
export const scopedSettings = (file: {
  readonly stores: readonly { readonly id: string; readonly methods: MethodSettings }[];
  readonly groups: readonly { readonly name: string; readonly methods: MethodSettings }[];
}): ScopedSettings => ({
  stores: new Map(file.stores.map((one) => [one.id, one.methods])),
  groups: new Map(file.groups.map((one) => [one.name, one.methods])),
});

/** For one person and method: off beats required beats allowed, and nothing stands in that one of them forbids. */
export function settingOf(settings: ScopedSettings, user: User, method: string): MethodSetting {
  const said = scopesOf(settings, user).flatMap((scope) => scope[method] ?? []);
  const states = said.map(({ state }) => state);
  return {
    state: states.includes('off') ? 'off' : states.includes('required') ? 'required' : 'allowed',
    standsIn: said.every(({ stands_in }) => stands_in !== false),
  };
}

/** One of these has to be proved, by what each is worth. None of them there: nobody can, which no group may undo. */
export type Required = ReadonlyMap<string, readonly MethodClassName[]>;

/** What this person's store requires, and what each of the groups does: of every one of them, one of its methods. */
export function requiredOf(
  settings: ScopedSettings,
  methods: ReadonlyMap<string, Pick<Method, 'worth'>>,
): (user: User) => readonly Required[] {
  return (user) =>
    scopesOf(settings, user).flatMap((scope) => {
      const ids = Object.keys(scope).filter((id) => scope[id]?.state === 'required');
      const worth = (id: string) =>
        settingOf(settings, user, id).state === 'off' ? [] : (methods.get(id)?.worth ?? []);
      return ids.length > 0 ? [new Map(ids.map((id) => [id, worth(id)]))] : [];
    });
}

/** What speaks of this person: the store, and every group. */
const scopesOf = ({ stores, groups }: ScopedSettings, user: User): MethodSettings[] =>
  [stores.get(user.store), ...user.groups.map((group) => groups.get(group))].filter((scope) => scope !== undefined);
