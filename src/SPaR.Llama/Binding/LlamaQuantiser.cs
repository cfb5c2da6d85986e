using LLama.Native;

namespace SPaR.Llama.Binding;

/// <summary>llama.cpp's quantiser.</summary>
internal static class LlamaQuantiser
{
    /// <param name="type">Of most weights.</param>
    /// <returns>Whether it succeeded; the log says why not.</returns>
    public static bool Run(string path, string target, string type)
    {
        var options = LLamaModelQuantizeParams.Default();
        options.ftype = type switch
        {
            "Q8_0" => LLamaFtype.MOSTLY_Q8_0,
            "Q6_K" => LLamaFtype.MOSTLY_Q6_K,
            "Q4_K" => LLamaFtype.MOSTLY_Q4_K_M,
            "Q4_0" => LLamaFtype.MOSTLY_Q4_0,
            _ => throw new ArgumentException($"Unknown type '{type}'.", nameof(type)),
        };
        return NativeApi.llama_model_quantize(path, target, ref options) == 0;
    }
}
