import type { ReactNode } from 'react';
import { CheckboxGroupInput } from 'react-admin';
import { roleChoices } from './user.ts';

/** The roles of the service; a change requires a recent login. */
export function RolesInput({ disabled = false }: { disabled?: boolean }): ReactNode {
  const help = disabled ? 'Another administrator can change your roles.' : 'Roles grant permissions.';
  return <CheckboxGroupInput source="roles" choices={roleChoices} helperText={help} disabled={disabled} />;
}
