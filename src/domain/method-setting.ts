/** What an identity store and a person's groups say of one method, for this person. */
export interface MethodSetting {
  /** `required`: of those that one store or group requires, one has to be proved at every sign-in. */
  readonly state: 'off' | 'allowed' | 'required';
  /** It may stand in for a second factor before a policy that accepts it. */
  readonly standsIn: boolean;
}
