/** Loaded before a node of a test (NODE_OPTIONS=--import): its clock is CLOCK_AHEAD milliseconds ahead. */
const ahead = Number(process.env.CLOCK_AHEAD ?? 0);
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length > 0 ? given : [Real.now() + ahead]));
  }
  static now() {
    return Real.now() + ahead;
  }
};
