export default async function teardown() {
  await Promise.all((globalThis.stileTestServers ?? []).map((server) => server.stop()));
}
