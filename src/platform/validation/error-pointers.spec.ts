import { describe, expect, it } from '@jest/globals';
import { flattenErrors } from './error-pointers.ts';

describe('The code of a violation', () => {
  it.each([
    ['isString', 'is_string'],
    ['arrayMinSize', 'array_min_size'],
    ['isRFC3339', 'is_rfc3339'],
    ['isDataURI', 'is_data_uri'],
    ['isISO31661Alpha2', 'is_iso31661_alpha2'],
    ['isISO4217CurrencyCode', 'is_iso4217_currency_code'],
    ['isHTTPUrl', 'is_http_url'],
  ])('of the rule %s is %s', (rule, code) => {
    const error = { property: 'name', constraints: { [rule]: 'is invalid' } };

    expect(flattenErrors([error])).toEqual([{ path: ['name'], code, detail: 'is invalid' }]);
  });
});
