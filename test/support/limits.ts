/** Files of tests fail and register more often than a person does; what is tested about attempts sets its own. */
export const generousLimits = {
  AUTH_LIMIT_ADDRESS: '1000000/60',
  AUTH_LIMIT_ACCOUNT_ADDRESS: '1000000/1/1',
  AUTH_LIMIT_ACCOUNT: '1000000/60/1',
  AUTH_LIMIT_LOCK: '1000000',
  AUTH_LIMIT_REGISTER: '1000000/60',
  AUTH_LIMIT_TOKEN: '1000000/60',
  AUTH_LIMIT_MAIL_ACCOUNT: '1000000/60',
  AUTH_LIMIT_MAIL_ADDRESS: '1000000/60',
};
