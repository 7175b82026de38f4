import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { internal, JobHandler } from '../../platform/queue/job-handler.ts';
import { BooleanField, UuidField } from '../../platform/validation/fields.ts';
import { EmailLinksService } from '../mail/index.ts';
import { UsersRepository } from './users.repository.ts';

@ApiSchema({ description: 'The user to invite.' })
export class UsersInvitePayload {
  @UuidField({ description: 'Identifies the user.' })
  readonly userId!: string;
}

@ApiSchema({ description: 'Whether the invitation was enqueued.' })
export class UsersInviteResult {
  @BooleanField({ description: 'False if the user is deleted, disabled or verified.', example: true })
  readonly invited!: boolean;
}

/** Sends the invitation of a user that an import has created. */
@Injectable()
@JobHandler({
  type: 'users.invite',
  description: 'Sends an invitation by email to a user that an import has created.',
  payload: UsersInvitePayload,
  result: UsersInviteResult,
  permission: internal,
})
export class UsersInviteJob implements JobHandler<UsersInvitePayload, UsersInviteResult> {
  constructor(
    private readonly users: UsersRepository,
    private readonly links: EmailLinksService,
  ) {}

  async run({ userId }: UsersInvitePayload): Promise<UsersInviteResult> {
    const user = await this.users.findById(userId);
    if (user?.disabledAt !== null || user.emailVerifiedAt !== null) return { invited: false };
    await this.links.send('invitation', { userId, email: user.email });
    return { invited: true };
  }
}
