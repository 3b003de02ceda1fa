"""A bot over discord.py that talks to the loopback Discord and checks what it sees.

DISCORD_URL is the loopback's base URL and DISCORD_TOKEN the bot's token. Exits with 0 when everything was as
expected. The test in tests/loopback_clients.rs plays the people.
"""

import asyncio
import datetime
import io
import os
import sys

import discord
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route

URL = os.environ["DISCORD_URL"]
TOKEN = os.environ["DISCORD_TOKEN"]
UNKNOWN = 1


def expect(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: expected {wanted!r}, got {got!r}")


async def refused(what, code, call):
    try:
        await call
    except discord.HTTPException as error:
        expect(what, error.code, code)
        return error
    raise AssertionError(f"{what}: not refused")


class Go(ui.View):
    """A button; `pressed` resolves to what Discord answers to the response."""

    def __init__(self, pressed):
        super().__init__()
        self.pressed = pressed

    @ui.button(label="Go", custom_id="go")
    async def go(self, interaction, _):
        answer = await interaction.response.edit_message(content="pressed", view=None)
        self.pressed.set_result(answer)

    async def on_error(self, _, error, __):
        self.pressed.set_exception(error)


class Bot(discord.Client):
    def __init__(self):
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self.tree = app_commands.CommandTree(self)
        self.failure = asyncio.get_running_loop().create_future()
        self.echoed = asyncio.get_running_loop().create_future()
        self.pressed = asyncio.get_running_loop().create_future()

        self.tree.error(self.on_command_error)

    async def on_error(self, event, *_):
        self.failure.set_exception(sys.exc_info()[1])

    async def on_command_error(self, _, error):
        self.failure.set_exception(error)

    async def next(self, event, check):
        return await self.wait_for(event, check=check, timeout=30)


async def echo(interaction: discord.Interaction, text: str):
    bot = interaction.client
    answer = await interaction.response.defer(ephemeral=True)
    expect("a deferred response", answer.is_thinking() and answer.is_ephemeral(), True)
    edited = await interaction.edit_original_response(content=f"echo {text}")
    expect("an edited response", edited.content, f"echo {text}")
    more = await interaction.followup.send("more", wait=True)
    expect("a follow-up", (await interaction.followup.fetch_message(more.id)).content, "more")
    bot.echoed.set_result(interaction.filesize_limit)


async def messages(bot, hello):
    channel = hello.channel
    expect("the file of a person", await hello.attachments[0].read(), b"a note")
    async with channel.typing():
        reply = await hello.reply("hello yourself")
    expect("the reply's reference", reply.reference.message_id, hello.id)
    reply = await reply.edit(content="hello again")
    expect("the edited reply", (reply.content, reply.edited_at is not None), ("hello again", True))

    await hello.add_reaction("👍")
    again = await channel.fetch_message(hello.id)
    expect("the reactions", [(str(r.emoji), r.count, r.me) for r in again.reactions], [("👍", 1, True)])
    users = [user.id async for user in again.reactions[0].users()]
    expect("who reacted", users, [bot.user.id])
    await hello.remove_reaction("👍", bot.user)
    expect("the reactions left", (await channel.fetch_message(hello.id)).reactions, [])

    sent = await channel.send("a file", file=discord.File(io.BytesIO(b"bytes"), "data.bin", description="Data"))
    expect("the file sent", await sent.attachments[0].read(), b"bytes")
    fetched = await channel.fetch_message(sent.id)
    expect("its name", (fetched.attachments[0].filename, fetched.attachments[0].description), ("data.bin", "Data"))
    expect("the file once more", await fetched.attachments[0].read(), b"bytes")
    refreshed = await bot.http.request(
        Route("POST", "/attachments/refresh-urls"), json={"attachment_urls": [fetched.attachments[0].url]}
    )
    expect("the file at its refreshed URL", await bot.http.get_from_cdn(refreshed["refreshed_urls"][0]["refreshed"]), b"bytes")

    await reply.delete()
    await refused("a deleted message", 10008, channel.fetch_message(reply.id))


async def history(channel):
    sent = [await channel.send(str(number)) for number in range(5)]
    ranges = {
        "before": (dict(before=sent[2], limit=2), ["1", "0"]),
        "after": (dict(after=sent[2], limit=2), ["3", "4"]),
        "around": (dict(around=sent[2], limit=3), ["3", "2", "1"]),
        "limit": (dict(limit=2), ["4", "3"]),
    }
    for name, (range_, wanted) in ranges.items():
        found = [message.content async for message in channel.history(**range_)]
        expect(f"history, {name}", found, wanted)


async def threads(bot, hello):
    thread = await hello.create_thread(name="aside", auto_archive_duration=60)
    expect("the thread's id", (thread.id, thread.parent_id), (hello.id, hello.channel.id))
    await thread.send("in the thread")
    thread = await thread.edit(archived=True)
    expect("the thread is archived", thread.archived, True)
    archived = [found.id async for found in hello.channel.archived_threads()]
    expect("the archived threads", archived, [thread.id])
    thread = await thread.edit(archived=False)
    active = await hello.guild.active_threads()
    expect("the active threads", [found.id for found in active], [thread.id])
    await thread.leave()
    await thread.join()

    forum = discord.utils.get(hello.guild.forums, name="ideas")
    tag = discord.utils.get(forum.available_tags, name="wish")
    post, starter = await forum.create_thread(name="A post", content="its text", applied_tags=[tag])
    expect("the post", (post.id, starter.id, [found.name for found in post.applied_tags]), (starter.id, starter.id, ["wish"]))
    expect("its first message", (await post.fetch_message(post.id)).content, "its text")
    await refused("a message in a forum", 50008, bot.http.send_message(forum.id, params=discord.http.handle_message_parameters("x")))


async def components(bot, channel):
    view = ui.LayoutView()
    file = discord.File(io.BytesIO(b"picture"), "picture.png")
    gallery = ui.MediaGallery(discord.MediaGalleryItem("attachment://picture.png", description="A picture"))
    section = ui.Section("A section", accessory=ui.Button(label="Press", custom_id="section"))
    view.add_item(ui.Container(ui.TextDisplay("# A title"), section, ui.Separator(), gallery, accent_color=0x5865F2))
    view.add_item(ui.File("attachment://notes.txt"))
    notes = discord.File(io.BytesIO(b"notes"), "notes.txt")
    sent = await channel.send(view=view, files=[file, notes])
    expect("the flag", sent.flags.components_v2, True)
    container, shown = sent.components
    expect("the components", [type(c).__name__ for c in container.children], ["TextDisplay", "SectionComponent", "SeparatorComponent", "MediaGalleryComponent"])
    media = container.children[3].items[0].media
    expect("the picture", await bot.http.get_from_cdn(media.url), b"picture")
    expect("the file", (shown.name, shown.size), ("notes.txt", 5))
    error = await refused("content beside components", 50035, bot.http.edit_message(channel.id, sent.id, params=discord.http.handle_message_parameters("text")))
    expect("the field at fault", error.status, 400)


async def forwards_and_polls(bot, hello):
    random = discord.utils.get(hello.guild.text_channels, name="random")
    forwarded = await hello.forward(random)
    snapshot = forwarded.message_snapshots[0]
    expect("the forward", (forwarded.content, snapshot.content, await snapshot.attachments[0].read()), ("", "hello", b"a note"))
    expect("its reference", (forwarded.reference.type, forwarded.reference.channel_id), (discord.MessageReferenceType.forward, hello.channel.id))

    poll = discord.Poll(question="Tea?", duration=datetime.timedelta(hours=1))
    poll.add_answer(text="Yes", emoji="🍵").add_answer(text="No")
    voted = asyncio.ensure_future(bot.next("raw_poll_vote_add", lambda vote: True))
    sent = await hello.channel.send(poll=poll)
    vote = await voted
    expect("the vote", (vote.message_id, vote.answer_id, vote.user_id), (sent.id, 1, hello.author.id))
    sent = await hello.channel.fetch_message(sent.id)
    expect("the votes", [answer.vote_count for answer in sent.poll.answers], [1, 0])
    expect("the voters", [user.id async for user in sent.poll.answers[0].voters()], [hello.author.id])
    ended = await sent.end_poll()
    expect("the poll has ended", ended.poll.is_finalized(), True)


async def refusals(bot, channel):
    hidden = discord.utils.get(channel.guild.text_channels, name="hidden")
    mute = discord.utils.get(channel.guild.text_channels, name="mute")
    await refused("an unknown channel", 10003, bot.fetch_channel(UNKNOWN))
    await refused("an unknown message", 10008, channel.fetch_message(UNKNOWN))
    await refused("an unknown webhook", 10015, bot.fetch_webhook(UNKNOWN))
    await refused("a hidden channel", 50001, hidden.fetch_message(UNKNOWN))
    await refused("a channel to be silent in", 50013, mute.send("x"))
    error = await refused("a long message", 50035, channel.send("x" * 2001))
    expect("the field at fault", "In content: Must be 2000 or fewer in length." in error.text, True)
    await refused("an id that is none", 50035, bot.http.request(Route("GET", "/channels/general")))


async def roles(bot, guild):
    role = guild.self_role
    expect("the bot's own role", (role is not None and role.is_bot_managed(), role.tags.bot_id), (True, bot.user.id))
    expect("the bot has it", role in guild.me.roles, True)
    expect("the roles", {role.id for role in await guild.fetch_roles()}, {role.id for role in guild.roles})
    expect("the channels", {found.id for found in await guild.fetch_channels()}, {found.id for found in guild.channels})
    info = await bot.application_info()
    expect("the owner", info.owner.id, guild.owner_id)
    current = await bot.http.request(Route("GET", "/applications/@me"))
    expect("the application", int(current["id"]), info.id)


async def talk(bot):
    await bot.wait_until_ready()
    bot.tree.add_command(app_commands.Command(name="echo", description="Say it back", callback=echo))
    hello = asyncio.ensure_future(bot.next("message", lambda message: message.content == "hello"))
    await bot.tree.sync()
    hello = await hello
    await roles(bot, hello.guild)
    await messages(bot, hello)
    await history(hello.channel)
    await threads(bot, hello)
    await components(bot, hello.channel)
    await forwards_and_polls(bot, hello)
    await refusals(bot, hello.channel)

    reacted = asyncio.ensure_future(bot.next("reaction_add", lambda reaction, user: user != bot.user))
    asked = await hello.channel.send("react to me")
    reaction, user = await reacted
    expect("a person's reaction", (reaction.message.id, str(reaction.emoji), user.id), (asked.id, "🎉", hello.author.id))

    pressing = await hello.channel.send("press me", view=Go(bot.pressed))
    answer = await bot.pressed
    expect("the message that was pressed", (answer.message_id, answer.resource.content), (pressing.id, "pressed"))
    await hello.channel.send("run /echo")
    expect("the size of files in an interaction", await bot.echoed, 10 * 1024 * 1024)


async def main():
    Route.BASE = f"{URL}/api/v10"
    bot = Bot()
    async with bot:
        await bot.login(TOKEN)
        gateway = await bot.http.request(Route("GET", "/gateway"))
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway["url"])
        connection = asyncio.ensure_future(bot.connect())
        talking = asyncio.ensure_future(talk(bot))
        done, _ = await asyncio.wait({connection, talking, bot.failure}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task


asyncio.run(asyncio.wait_for(main(), 50))
