import { Injectable } from '@nestjs/common';
import { Links } from '../../platform/config/links.ts';
import type { FormField } from '../../platform/http/html/form-page.ts';
import { PasswordPolicy } from '../auth/passwords/index.ts';
import type { PageName, Texts } from './texts/texts.ts';
import type { FieldName } from './texts/violation.ts';

/** The page that a field is part of. */
export interface FieldContext {
  readonly texts: Texts;
  /** The values that were submitted, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly page: PageName;
}

/** The ids of the inputs, by their names. */
export const fieldIds: Readonly<Record<FieldName, string>> = {
  code: 'code',
  displayName: 'display-name',
  email: 'email',
  newPassword: 'new-password',
  password: 'password',
};

/** The input fields of the forms. Passwords and codes are never shown again. */
@Injectable()
export class FormFields {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly links: Links,
  ) {}

  field(name: FieldName, context: FieldContext): FormField {
    const { texts, parameters, page } = context;
    const common = { id: fieldIds[name], name, label: texts.fields[name], isRequired: true };
    switch (name) {
      case 'code':
        return { ...common, ...codeField(texts, parameters['method']) };
      case 'displayName':
        return {
          ...{ ...common, isRequired: false, labelNote: texts.optional },
          ...{ type: 'text', autocomplete: 'name', value: parameters[name] },
        };
      case 'email': {
        const autocomplete = page === 'login' ? 'username' : 'email';
        return { ...common, type: 'email', autocomplete, maxLength: 254, value: parameters[name] };
      }
      case 'newPassword':
        return { ...common, ...this.newPassword(texts) };
      case 'password':
        if (page === 'register') return { ...common, ...this.newPassword(texts) };
        return { ...common, type: 'password', autocomplete: 'current-password', reveal: texts.showPassword };
    }
  }

  private newPassword(texts: Texts): Omit<FormField, 'id' | 'name' | 'label' | 'isRequired'> {
    const { minLength, checksBreaches } = this.policy.rules;
    const { length, context, common, breached } = texts.passwordRules;
    return {
      type: 'password',
      autocomplete: 'new-password',
      hints: [length(minLength), context, common, ...(checksBreaches ? [breached] : [])],
      reveal: texts.showPassword,
      check: { path: this.links.path('/account/password-check'), accepted: texts.passwordAccepted },
    };
  }
}

function codeField(texts: Texts, method = ''): Pick<FormField, 'label' | 'type' | 'autocomplete' | 'hints' | 'code'> {
  if (method === 'recovery-code')
    return {
      ...{ label: texts.fields.recoveryCode, hints: [texts.recoveryCodeHint] },
      ...{ type: 'text', autocomplete: 'off', code: 'letters' },
    };
  return {
    label: texts.fields.code,
    hints: [texts.codeHint],
    type: 'text',
    autocomplete: 'one-time-code',
    code: 'digits',
  };
}
