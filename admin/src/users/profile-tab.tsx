import type { ReactNode } from 'react';
import { useGetOne } from 'react-admin';
import type { RaRecord } from 'react-admin';
import { useHasPermission } from '../auth/permissions.ts';
import type { components } from '../api/index.ts';
import { CopyableText, Facts, Muted, Section, TimeText } from '../kit/index.ts';
import { ProfileActions } from './profile-actions.tsx';
import type { User } from './user.ts';

type UserMfa = components['schemas']['UserMfaDto'] & RaRecord;

/** What the account has, and what an administrator can do with it. */
export function ProfileTab({ user }: { user: User }): ReactNode {
  const canWrite = useHasPermission('users:write');
  const { data: mfa } = useGetOne<UserMfa>(`users/${user.id}`, { id: 'mfa' });
  return (
    <>
      <Section title="Account">
        <Facts
          values={{
            Email: user.email,
            'Email verified': user.emailVerified ? 'yes' : 'no',
            Name: user.displayName ?? <Muted>none</Muted>,
            Roles: user.roles.length === 0 ? <Muted>none</Muted> : user.roles.join(', '),
            'Second factors': mfa === undefined ? <Muted>…</Muted> : factorsOf(mfa),
            Language: user.locale,
            'Time zone': user.timezone,
            Created: <TimeText value={user.createdAt} />,
            Updated: <TimeText value={user.updatedAt} />,
            Id: <CopyableText value={user.id} label="id" />,
          }}
        />
      </Section>
      {canWrite && <ProfileActions user={user} hasFactors={(mfa?.factors.length ?? 0) > 0} />}
    </>
  );
}

function factorsOf({ factors, recoveryCodesLeft }: UserMfa): ReactNode {
  if (factors.length === 0) return <Muted>none</Muted>;
  const names = factors.map(({ name, lockedAt }) => (lockedAt === null ? name : `${name} (locked)`));
  return `${names.join(', ')}; ${recoveryCodesLeft} recovery codes left`;
}
