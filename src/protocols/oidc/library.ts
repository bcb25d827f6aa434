/**
 * The one place that loads oidc-provider. It calls Node 20 unsupported on the console of everybody who starts us; its
 * flows are tested on every version we claim, so that line is dropped, and nothing else.
 */
const warn = console.warn;
console.warn = (...said: unknown[]) => {
  if (!String(said[0]).includes('oidc-provider WARNING: Unsupported runtime')) warn(...said);
};
const library = await import('oidc-provider').finally(() => {
  console.warn = warn;
});

export const { Provider, ExternalSigningKey, errors, interactionPolicy } = library;
export type ExternalSigningKey = InstanceType<typeof ExternalSigningKey>;
