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
export function settingOf({ stores, groups }: ScopedSettings, user: User, method: string): MethodSetting {
  const said = [stores.get(user.store), ...user.groups.map((group) => groups.get(group))].flatMap(
    (settings) => settings?.[method] ?? [],
  );
  const states = said.map(({ state }) => state);
  return {
    state: states.includes('off') ? 'off' : states.includes('required') ? 'required' : 'allowed',
    standsIn: said.every(({ stands_in }) => stands_in !== false),
  };
}

/** What the methods required of this person are worth, by method. */
export function requiredOf(
  settings: ScopedSettings,
  methods: ReadonlyMap<string, Pick<Method, 'id' | 'worth'>>,
): (user: User) => ReadonlyMap<string, readonly MethodClassName[]> {
  return (user) =>
    new Map(
      [...methods.values()]
        .filter(({ id }) => settingOf(settings, user, id).state === 'required')
        .map(({ id, worth }) => [id, worth]),
    );
}
