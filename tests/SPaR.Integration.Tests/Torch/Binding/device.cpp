// A device for tests: libtorch's place for devices of others (PrivateUse1), whose memory is the processor's and whose operations are the
// processor's too. What runs there gives the processor's numbers; but a tensor that was left on the processor is refused, as a graphics
// card would refuse it. Only numbers without a dimension may be mixed in, as everywhere in torch.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_as_complex_native.h>
#include <ATen/ops/view_as_real_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <vector>

namespace {

constexpr auto Type = c10::DeviceType::PrivateUse1;
const at::Device Here(Type, 0);

std::atomic<long> calls{0};

struct Memory final : at::Allocator {
  at::DataPtr allocate(size_t bytes) const override {
    // Aligned as the processor's.
    auto* data = bytes == 0 ? nullptr : aligned_alloc(64, (bytes + 63) / 64 * 64);
    return {data, data, &free, Here};
  }
  at::DeleterFnPtr raw_deleter() const override { return &free; }
};

Memory memory;

// The same numbers, as a tensor of the other kind.
at::Tensor seen_as(const at::Tensor& tensor, at::Device device) {
  c10::DataPtr data(tensor.storage().data_ptr().get(), device);
  auto storage = c10::Storage(c10::Storage::use_byte_size_t(), tensor.storage().nbytes(), std::move(data), nullptr, false);
  auto keys = c10::DispatchKeySet(device.is_cpu() ? c10::DispatchKey::CPU : c10::DispatchKey::PrivateUse1);
  auto result = at::detail::make_tensor<at::TensorImpl>(std::move(storage), keys, tensor.dtype());
  result.unsafeGetTensorImpl()->set_storage_offset(tensor.storage_offset());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(tensor.sizes(), tensor.strides());
  return result;
}

at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, c10::optional<at::ScalarType> type,
                         c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(type));
}

at::Tensor empty(c10::IntArrayRef size, c10::optional<at::ScalarType> type, c10::optional<at::Layout>, c10::optional<at::Device>,
                 c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), c10::dtype_or_default(type), format);
}

at::Tensor on_processor(const at::Tensor& tensor) { return tensor.is_cpu() ? tensor : seen_as(tensor, at::kCPU); }

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& into, bool) {
  on_processor(into).copy_(on_processor(from));
  return into;
}

// Any operation: its tensors are looked at as the processor's, and what is new is copied here.
void run(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  calls++;
  auto name = op.schema().operator_name().name;
  auto count = op.schema().arguments().size();
  std::vector<std::pair<at::Tensor, at::Tensor>> given;
  auto processor = [&](const at::Tensor& tensor) -> at::Tensor {
    if (!tensor.defined()) return tensor;
    TORCH_CHECK(tensor.device() == Here || tensor.dim() == 0, name, ": a tensor of shape ", tensor.sizes(), " was left on ", tensor.device());
    given.emplace_back(tensor, tensor.numel() == 0 ? at::empty(tensor.sizes(), tensor.options().device(at::kCPU)) : on_processor(tensor));
    return given.back().second;
  };
  for (auto place = stack->end() - count; place != stack->end(); place++) {
    auto& argument = *place;
    if (argument.isTensor()) argument = processor(argument.toTensor());
    else if (argument.isTensorList()) {
      std::vector<at::Tensor> list;
      for (const auto& tensor : argument.toTensorVector()) list.push_back(processor(tensor));
      argument = list;
    } else if (argument.isDevice()) argument = c10::Device(c10::kCPU);
    else
      TORCH_CHECK(!argument.isOptionalTensorList(), name, ": lists of optional tensors are not known here");
  }
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  for (auto place = stack->end() - op.schema().returns().size(); place != stack->end(); place++) {
    auto& result = *place;
    if (!result.isTensor() || !result.toTensor().defined()) continue;
    auto made = result.toTensor();
    auto known = std::find_if(given.begin(), given.end(), [&](auto& pair) { return pair.second.is_same(made); });
    if (known != given.end() && known->first.sizes() == made.sizes()) {
      result = known->first;
      continue;
    }
    auto here = at::empty_strided(made.sizes(), made.strides(), made.options().device(Here));
    on_processor(here).copy_(made);
    if (known != given.end()) {
      // It was given empty, to be filled.
      auto* filled = known->first.unsafeGetTensorImpl();
      filled->set_storage_keep_dtype(here.storage());
      filled->set_sizes_and_strides(here.sizes(), here.strides());
      here = known->first;
    }
    result = here;
  }
}

C10_REGISTER_GUARD_IMPL(PrivateUse1, c10::impl::NoOpDeviceGuardImpl<Type>);

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&run>()); }

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("_copy_from", &copy_from);
  m.impl("as_strided", &at::native::as_strided_tensorimpl);
  m.impl("view", [](const at::Tensor& tensor, c10::IntArrayRef size) { return at::native::view(tensor, size); });
  m.impl("_reshape_alias", [](const at::Tensor& tensor, c10::IntArrayRef size, c10::IntArrayRef stride) {
    return at::native::_reshape_alias(tensor, size, stride);
  });
  m.impl("view_as_real", &at::native::view_as_real);
  m.impl("view_as_complex", &at::native::view_as_complex);
}

}  // namespace

#define API extern "C" __attribute__((visibility("default")))

// The number of the device's type, which is another one in each version of torch.
API int device_type() { return static_cast<int>(Type); }

// How many operations have run there.
API long operations() { return calls; }
