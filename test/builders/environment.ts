/** An address or token that the test runner hands over; `npm test` sets them all. */
export function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(
      `${name} is not set: run the tests with npm test, or eval "$(npm run -s stack -- env)" first`,
    );
  }
  return value;
}
