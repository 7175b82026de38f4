import { Module } from '@nestjs/common';
import { MailModule } from '../mail/mail.module.ts';
import { AccessTokens } from './access-tokens.ts';
import { JwksController } from './jwks.controller.ts';
import { KeyRotationService } from './key-rotation.service.ts';
import { OwnSessionsController } from './own-sessions.controller.ts';
import { RotateKeysJob } from './rotate-keys.job.ts';
import { SealedSuccessors } from './sealed-successors.ts';
import { SessionBeginsRepository } from './session-begins.repository.ts';
import { SessionEndsRepository } from './session-ends.repository.ts';
import { SessionEndsService } from './session-ends.service.ts';
import { SessionListsRepository } from './session-lists.repository.ts';
import { SessionListsService } from './session-lists.service.ts';
import { SessionsRepository } from './sessions.repository.ts';
import { SessionsService } from './sessions.service.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';
import { SigningKeysService } from './signing-keys.service.ts';
import { UserSessionsController } from './user-sessions.controller.ts';

/** Sessions, the tokens that speak for them, and the keys that sign those. */
@Module({
  imports: [MailModule],
  controllers: [JwksController, OwnSessionsController, UserSessionsController],
  providers: [
    AccessTokens,
    KeyRotationService,
    RotateKeysJob,
    SealedSuccessors,
    SessionBeginsRepository,
    SessionEndsRepository,
    SessionEndsService,
    SessionListsRepository,
    SessionListsService,
    SessionsRepository,
    SessionsService,
    SigningKeysRepository,
    SigningKeysService,
  ],
  exports: [KeyRotationService, SessionEndsService, SessionsService],
})
export class SessionsModule {}
