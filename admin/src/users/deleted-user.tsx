import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import { useHasPermission } from '../auth/permissions.ts';
import { ActionButton, Page, Section } from '../kit/index.ts';
import { usersPage } from './user.ts';

/** The page of a user that does not exist, or was deleted. */
export function DeletedUser({ id }: { id: string }): ReactNode {
  const canRestore = useHasPermission('users:write');
  return (
    <Page title="User not found" parents={[usersPage]}>
      <Section>
        <p>There is no user with this id, or the user was deleted. Deleted users can be restored for 30 days.</p>
        {canRestore && (
          <ActionButton
            label="Restore the user"
            variant="outlined"
            action={async (keys) => await call({ method: 'POST', path: `users/${id}/restore`, keys })}
            done="The user was restored"
          />
        )}
      </Section>
    </Page>
  );
}
