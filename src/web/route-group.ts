/** The few kinds of request that times are told apart by; whatever a stranger asks for, there are no more of them. */
const groups: readonly (readonly [name: string, paths: RegExp])[] = [
  ['token', /^\/token$/],
  ['introspection', /^\/token\/(introspection|revocation)$/],
  ['authorize', /^\/(auth(\/[^/]+)?|par)$/],
  ['userinfo', /^\/me$/],
  ['keys', /^\/(jwks|\.well-known\/.*|saml\/metadata)$/],
  ['device', /^\/device(_authorization$|\/|$)/],
  ['registration', /^\/reg(istration)?(\/|$)/],
  ['sign-in', /^\/signin(\/|$)/],
  ['sign-out', /^\/(session|saml\/slo)(\/|$)/],
  ['saml', /^\/saml(\/|$)/],
  ['account', /^\/account(\/|$)/],
  ['admin', /^\/admin(\/|$)/],
  ['assets', /^\/assets\//],
  ['health', /^\/(healthz|readyz|metrics)$/],
];

/** `path` without its query. */
export const routeGroup = (path: string): string => groups.find(([, paths]) => paths.test(path))?.[0] ?? 'other';
