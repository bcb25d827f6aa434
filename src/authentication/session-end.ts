/** Why a session ended, as the record and those who are told have it. Closed. */
export type SessionEnd =
  | 'signed out'
  | 'user changed'
  | 'ended by its owner'
  | 'rp logout'
  | 'asked by an application'
  | 'password changed'
  | 'credential removed'
  | 'credential lost'
  | 'user disabled'
  | 'user deleted'
  | 'ended by an administrator';
