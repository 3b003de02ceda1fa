//! Members of guilds.

use reqwest::Method;
use serenity::all::PartialMember;

use super::{Call, Failed, Rest};
use crate::snowflake::{GuildId, UserId};

impl Rest {
    /// A member of a guild; `None` for somebody who is none any more.
    pub(in crate::discord) async fn member(
        &self,
        guild: GuildId,
        user: UserId,
    ) -> Result<Option<PartialMember>, Failed> {
        let name = "/guilds/{guild}/members/{user}";
        let path = format!("/guilds/{guild}/members/{user}");
        let call = Call::new("member", Method::GET, name, &guild, path);
        match self.read(&call).await {
            Ok(member) => Ok(Some(member)),
            Err(failed) if failed.status == Some(404) => Ok(None),
            Err(failed) => Err(failed),
        }
    }
}
