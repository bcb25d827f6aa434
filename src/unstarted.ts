/** Why Stile did not start, in a sentence that says what to do; undefined for a bug, whose stack then helps more. */
export function unstarted(error: Error & { code?: string; cause?: unknown }): string | undefined {
  if (error.code === 'EADDRINUSE') return `${error.message}: another program has this port. Set PORT to take another.`;
  if (error.name === 'NotOurSecret') {
    return 'STILE_SECRET does not open what this database holds. Put the secret that sealed it behind the new one, separated by a comma.';
  }
  if (error.name === 'StoreAway')
    return `${error.message}${reason(error.cause)}. Is it running, and is its address right?`;
  // Postgres' classes of "no such database" and "no such role, or not by this password" (SQLSTATE 3D and 28).
  if (/^(3D000|28)/.test(error.code ?? '')) return `PostgreSQL refuses DATABASE_URL: ${error.message}.`;
  return ['ConfigurationError', 'FolderInUse', 'SecretMissing', 'NewerDatabase', 'HolderWrong'].includes(error.name)
    ? error.message
    : undefined;
}

/** What the network said, with host and port but never with what an address carries of a password. */
function reason(cause: unknown): string {
  const { message, errors } = (cause ?? {}) as { message?: string; errors?: Error[] };
  const said = message || errors?.[0]?.message;
  return said ? ` (${said})` : '';
}
