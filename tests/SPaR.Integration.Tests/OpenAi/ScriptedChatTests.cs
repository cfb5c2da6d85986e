using System.ClientModel;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Chat;
using SPaR.Integration.Tests.Http;
using SPaR.Method;
using SPaR.Service.Live;
using SPaR.Service.Storage;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Chat completions on a scripted model, which a test can hold in the middle of its answer.</summary>
public sealed class ScriptedChatTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task A_client_that_stops_in_the_middle_cancels_the_completion_and_frees_its_sequence()
    {
        var gate = new TaskCompletionSource();
        shared.Engine.Between = gate.Task;
        var chat = new ChatClient(
            shared.Model, new ApiKeyCredential(shared.Service.Key),
            new OpenAIClientOptions { Endpoint = new(shared.Service.Address, "openai/v1") });
        using var stop = new CancellationTokenSource();
        var given = "";
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("hard")], cancellationToken: stop.Token))
            {
                given += string.Concat(update.ContentUpdate.Select(c => c.Text));
                if (given.Length > 0)
                    await stop.CancelAsync();
            }
        });

        given.ShouldBe("a", "the first word of it");
        await using var db = await shared.Service.Parts.GetRequiredService<IDbContextFactory<SparDb>>().CreateDbContextAsync();
        await Wait.UntilAsync(async () => await db.LiveRequests.AnyAsync(r => r.Status == RunStatus.Cancelled && r.LeaseOwner == null));
        // The gate is closed still: only a cancelled call has ended.
        await Wait.UntilAsync(() => shared.Engine.Running == 0);
        shared.Engine.Between = Task.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reasoning_is_apart_from_the_answer(bool streams)
    {
        var answer = await shared.Service.PostAsync("/openai/v1/chat/completions", new JsonObject
        {
            ["model"] = shared.Model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "easy" }),
            ["reasoning_effort"] = "high",
            ["stream"] = streams,
        });

        answer.ShouldBe(200);
        var parts = streams
            ? answer.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(l => l.Contains('{')).Select(l =>
                JsonNode.Parse(l["data: ".Length..])!["choices"]![0]!["delta"]!).ToList()
            : [answer["choices"][0]!["message"]!];
        string.Concat(parts.Select(p => p["reasoning_content"]?.GetValue<string>())).ShouldBe("Hm.");
        string.Concat(parts.Select(p => p["content"]?.GetValue<string>())).ShouldBe("a good answer");
    }
}
